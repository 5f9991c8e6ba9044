#include "config.h"
#include "base/process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sysexits.h>
#include <unistd.h>

void process_hold_standard_fds(void)
{
	for (int fd = 0; fd <= 2; fd++) {
		if (fcntl(fd, F_GETFD) >= 0 || errno != EBADF)
			continue;
		int got = open("/dev/null", fd ? O_WRONLY : O_RDONLY);
		if (got != fd) /* the lowest free number is this one */
			_exit(EX_OSERR);
	}
}

void process_on_signal(int signal_number, void (*handler)(int), int flags)
{
	struct sigaction before, action = {.sa_handler = handler, .sa_flags = flags};
	sigemptyset(&action.sa_mask);
	if (sigaction(signal_number, NULL, &before) == 0 && before.sa_handler == SIG_IGN)
		return;
	sigaction(signal_number, &action, NULL);
}
