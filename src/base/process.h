/* What a process inherits: descriptors that may be closed, signals that may be ignored. */
#ifndef MS_BASE_PROCESS_H
#define MS_BASE_PROCESS_H

/* Opens /dev/null on those of the descriptors 0 to 2 that are closed, so that no file of ours gets their numbers and with them what is printed.
 * Call before anything else is opened; ends the process when it cannot be done. */
void process_hold_standard_fds(void);

/* Installs a handler, unless the signal was ignored when this process began (nohup, a shell's "&"): then it stays so. flags as sigaction's. */
void process_on_signal(int signal_number, void (*handler)(int), int flags);

#endif
