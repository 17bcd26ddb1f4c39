"""What a command may say to the resident grader, as JSON, one message each."""

MESSAGE = 1 << 17  # bytes, the longest
SERVER = "server"  # lend a fork server: how it is started, and the event that is waited for
HELPER = "helper"  # lend a helper: its module
IMPORTED = "imported"  # these modules had to be imported
STOP = "stop"  # end when no command runs any more
