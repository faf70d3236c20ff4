"""Never becomes an app, and ignores being asked to stop."""

import signal

signal.signal(signal.SIGTERM, signal.SIG_IGN)
while True:
    pass
