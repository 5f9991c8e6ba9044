#include "config.h"

#include "base/err.h"
#include "base/mem.h"

int main(void)
{
	mem_install();
	fputs("mlflow-setup: no verb is here so far.\n", stderr);
	return EXIT_USAGE;
}
