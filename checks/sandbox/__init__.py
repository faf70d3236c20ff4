"""Run untrusted code: layers of isolation, a process that forks submissions, their launcher.

Nothing here imports anything of ours outside this folder: a submission inherits the zygote's
memory, and must find nothing of the grader in it.
"""
