/* mlflow-setup-sim: the simulated Google Cloud as an HTTPS proxy on loopback. */
#include "config.h"
#include "sim/server/server.h"

#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/process.h"
#include "base/text.h"

#include <fcntl.h>
#include <getopt.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct options {
	int port;
	const char *ready, *world, *faults, *log, *dump, *clock;
	uint64_t seed;
	double speed;
	bool paced; /* somebody said the speed */
};

static volatile sig_atomic_t stop_asked, dump_asked, faults_asked;

static void on_stop(int sig)
{
	(void)sig;
	stop_asked = 1;
}

static void on_dump(int sig)
{
	(void)sig;
	dump_asked = 1;
}

static void on_faults(int sig)
{
	(void)sig;
	faults_asked = 1;
}

static const char usage[] =
    "Usage: mlflow-setup-sim [OPTION]...\n"
    "A simulated Google Cloud behind an HTTPS proxy on 127.0.0.1, for mlflow-setup, gcloud, terraform and kubectl.\n"
    "\n"
    "  --port=N              listen on this port of 127.0.0.1 (0, the default: any free one)\n"
    "  --ready-file=FILE     write {\"proxy\",\"ca\",\"pid\",\"project\",\"token\",\"credentials\",\n"
    "                        \"kubeconfig\"} there once it listens (the last is of a cluster that is not Google's);\n"
    "                        without it they go to standard output\n"
    "  --world=FILE          the world at the beginning, as JSON; by default project demo-proj, all APIs off\n"
    "  --seed=N              what chance draws from (1)\n"
    "  --speed=X             1 is Google's pace, larger is faster; 0 or max does not wait but leaps to what is due (1)\n"
    "  --clock=PIPE          the seconds written to this named pipe, a number a line, pass at once; without --speed no others "
    "do\n"
    "                        (or \"settled NAME\": what lags behind there is seen)\n"
    "  --faults=FILE         fault rules, as JSON; read again on SIGUSR2\n"
    "  --log=FILE            every exchange, a JSON object a line, without credentials\n"
    "  --dump=FILE           the whole store as JSON, on exit and on SIGUSR1\n"
    "  --front=HOST=URL      pass requests for HOST on to http://127.0.0.1:PORT\n"
    "  --behind=HOST=URL     the same for what the walls before HOST let through\n"
    "  --outside             print the methods of its APIs that are answered with 501, a line each, and end\n"
    "  --help, --version\n"
    "\n"
    "Outside of it, and answered as a method that is not simulated (501):\n"
    "  networks       VPN, interconnect, producer-side Private Service Connect, internal ranges, packet mirroring, DNS\n"
    "                 policies and response policies, service directory\n"
    "  balancing      TCP, SSL and gRPC proxies, backend buckets, edge security policies, certificate issuance and trust\n"
    "                 configurations\n"
    "  machines       sole-tenant nodes, regional disks, reservations, resource policies, machine images\n"
    "  Cloud Run      domain mappings, worker pools, instances of their own\n"
    "  Kubernetes     fleets, backups, rollback of node pools, rotation of a cluster's credentials\n"
    "  App Engine     domain mappings, certificates of one's own\n"
    "  databases      SQL Server, failover replicas and switchover, external replicas, rotation of authorities,\n"
    "                 executing SQL; Spanner, AlloyDB, Memorystore, BigQuery, Firestore\n"
    "  images, builds worker pools, connections to repositories, Container Analysis' notes and attestations of one's own, "
    "Binary\n"
    "                 Authorization\n"
    "  storage        access control lists, folders, notifications, Anywhere Cache, locking a retention policy\n"
    "  observing      time series, service level objectives, views and links of log buckets, tracing\n"
    "  identity       folders, tags, boundaries, managed rotation of secrets, attestation, workforce pools, IAP's\n"
    "                 tunnel groups, private CA; of Cloud KMS asymmetric use, imports, EKM and Autokey\n"
    "  and            Pub/Sub's schemas, exports, filters and transforms, Functions, Workflows, Eventarc, Tasks,\n"
    "                 API Gateway\n"
    "Pub/Sub's push endpoints and dead letter topics are taken, but nothing is pushed.\n";

static bool complain(const struct err *e)
{
	char *text = err_text(e);
	fprintf(stderr, "mlflow-setup-sim: %s\n", text);
	free(text);
	return false;
}

static bool add_front(struct server *v, const char *text, bool walled)
{
	const char *equals = strchr(text, '='), *url = equals ? equals + 1 : "";
	char *end = NULL;
	static const char *const prefixes[] = {"http://127.0.0.1:", "http://localhost:"};
	long port = 0;
	for (int i = 0; i < 2; i++)
		if (text_starts(url, prefixes[i]))
			port = strtol(url + strlen(prefixes[i]), &end, 10);
	if (port < 1 || port > 65535 || !end || (*end && strcmp(end, "/") != 0) || equals == text) {
		fprintf(stderr, "mlflow-setup-sim: --%s wants HOST=http://127.0.0.1:PORT, not \"%s\"\n",
			walled ? "behind" : "front", text);
		return false;
	}
	v->fronts = xgrow(v->fronts, v->front_count, &v->front_room, sizeof *v->fronts);
	v->fronts[v->front_count++] = (struct front_rule){xstrndup(text, (size_t)(equals - text)), (int)port, walled};
	return true;
}

static bool number(const char *name, const char *text, double min, double max, double *out)
{
	char *end;
	*out = strtod(text, &end);
	if (end != text && !*end && *out >= min && *out <= max)
		return true;
	fprintf(stderr, "mlflow-setup-sim: --%s wants a number, not \"%s\"\n", name, text);
	return false;
}

enum {
	OPT_PORT = 256,
	OPT_READY,
	OPT_WORLD,
	OPT_SEED,
	OPT_SPEED,
	OPT_CLOCK,
	OPT_FAULTS,
	OPT_LOG,
	OPT_DUMP,
	OPT_FRONT,
	OPT_BEHIND,
	OPT_LISTEN,
	OPT_OUTSIDE,
	OPT_HELP,
	OPT_VERSION
};

static bool take_option(int opt, struct options *o, struct server *v)
{
	double n;
	switch (opt) {
	case OPT_PORT:
		if (!number("port", optarg, 0, 65535, &n))
			return false;
		o->port = (int)n;
		return true;
	case OPT_SEED:
		if (!number("seed", optarg, 0, 1e15, &n))
			return false;
		o->seed = (uint64_t)n;
		return true;
	case OPT_SPEED:
		o->paced = true;
		if (!strcmp(optarg, "max"))
			o->speed = 0;
		else
			return number("speed", optarg, 0, 1e9, &o->speed);
		return true;
	case OPT_CLOCK:
		o->clock = optarg;
		return true;
	case OPT_READY:
		o->ready = optarg;
		return true;
	case OPT_WORLD:
		o->world = optarg;
		return true;
	case OPT_FAULTS:
		o->faults = optarg;
		return true;
	case OPT_LOG:
		o->log = optarg;
		return true;
	case OPT_DUMP:
		o->dump = optarg;
		return true;
	case OPT_FRONT:
	case OPT_BEHIND:
		return add_front(v, optarg, opt == OPT_BEHIND);
	case OPT_LISTEN:
		fprintf(stderr, "mlflow-setup-sim: it listens on 127.0.0.1 and nowhere else\n");
		return false;
	default:
		return false;
	}
}

static void list_outside(void)
{
	struct err e = {0};
	struct buf out = {0};
	struct sim *s = sim_new(&(struct sim_options){.seed = 1}, &e);
	sim_outside(s, &out);
	fputs(buf_text(&out), stdout);
	buf_free(&out);
	sim_free(s);
	exit(0);
}

static bool parse(int argc, char **argv, struct options *o, struct server *v)
{
	static const struct option longs[] = {
	    {"port", 1, 0, OPT_PORT},     {"ready-file", 1, 0, OPT_READY}, {"world", 1, 0, OPT_WORLD},
	    {"seed", 1, 0, OPT_SEED},     {"speed", 1, 0, OPT_SPEED},      {"faults", 1, 0, OPT_FAULTS},
	    {"log", 1, 0, OPT_LOG},       {"dump", 1, 0, OPT_DUMP},        {"front", 1, 0, OPT_FRONT},
	    {"behind", 1, 0, OPT_BEHIND}, {"clock", 1, 0, OPT_CLOCK},      {"listen", 1, 0, OPT_LISTEN},
	    {"host", 1, 0, OPT_LISTEN},   {"address", 1, 0, OPT_LISTEN},   {"outside", 0, 0, OPT_OUTSIDE},
	    {"help", 0, 0, OPT_HELP},     {"version", 0, 0, OPT_VERSION},  {0, 0, 0, 0}};
	int opt;
	while ((opt = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		if (opt == OPT_HELP || opt == OPT_VERSION) {
			fputs(opt == OPT_HELP ? usage : "mlflow-setup-sim " PACKAGE_VERSION "\n", stdout);
			exit(0);
		}
		if (opt == OPT_OUTSIDE)
			list_outside();
		if (!take_option(opt, o, v))
			return false;
	}
	if (optind < argc)
		fprintf(stderr, "mlflow-setup-sim: unknown argument \"%s\"\n", argv[optind]);
	return optind == argc;
}

static cJSON *read_json(const char *path, struct err *e)
{
	struct buf b = {0};
	cJSON *j = file_read(path, BUF_MAX, &b, e) ? json_parse(buf_text(&b), b.len, path, e) : NULL;
	buf_free(&b);
	return j;
}

static bool start_sim(struct server *v, const struct options *o)
{
	struct err e = {0};
	cJSON *world = o->world ? read_json(o->world, &e) : NULL, *rules = NULL;
	if (!e.exit)
		v->sim = sim_new(&(struct sim_options){.seed = o->seed, .world = world, .start = (double)time(NULL)}, &e);
	if (v->sim) {
		for (size_t i = 0; i < v->front_count; i++)
			if (v->fronts[i].walled)
				sim_behind(v->sim, v->fronts[i].host);
		sim_serve_outside(v->sim, o->speed > 1 ? o->speed : o->speed > 0 ? 1 : INFINITY);
		rules = o->faults ? read_json(o->faults, &e) : NULL;
		if (rules)
			sim_faults(v->sim, rules, &e);
	}
	cJSON_Delete(world);
	cJSON_Delete(rules);
	bool well = !e.exit || complain(&e);
	err_free(&e);
	return well;
}

/* The certificate authority and the owner's credentials, in files that end with us. */
struct papers {
	char *dir, *ca, *credentials, *kubeconfig;
};

static bool write_papers(struct server *v, const struct options *o, struct papers *p)
{
	const char *tmp = getenv("TMPDIR");
	struct err e = {0};
	p->dir = xasprintf("%s/mlflow-setup-sim.XXXXXX", tmp && *tmp ? tmp : "/tmp");
	if (!mkdtemp(p->dir)) {
		fprintf(stderr, "mlflow-setup-sim: cannot make %s\n", p->dir);
		return false;
	}
	p->ca = xasprintf("%s/ca.pem", p->dir);
	p->credentials = xasprintf("%s/credentials.json", p->dir);
	p->kubeconfig = xasprintf("%s/kubeconfig", p->dir);
	char *credentials = json_text(sim_owner_credentials(v->sim), 0), *proxy = xasprintf("http://127.0.0.1:%d", v->port);
	char *server = xasprintf("https://127.0.0.1:%d", v->port);
	cJSON *contexts = sim_kubeconfig(v->sim, server);
	char *kubeconfig = json_text(contexts, 0);
	cJSON_Delete(contexts);
	free(server);
	const char *pem = sim_ca_pem(v->sim);
	cJSON *ready = json_make("{'proxy':%s,'ca':%s,'pid':%d,'project':%s,'token':%s,'credentials':%s,'kubeconfig':%s}",
				 proxy, p->ca, (int)getpid(), sim_project(v->sim), sim_owner_token(v->sim), p->credentials,
				 p->kubeconfig);
	char *text = json_text(ready, -1);
	bool well = file_write(p->ca, pem, strlen(pem), 0644, &e) &&
		    file_write(p->credentials, credentials, strlen(credentials), 0600, &e) &&
		    file_write(p->kubeconfig, kubeconfig, strlen(kubeconfig), 0600, &e) &&
		    (!o->ready || file_write(o->ready, text, strlen(text), 0600, &e));
	if (!o->ready && well) {
		printf("%s\n", text);
		fflush(stdout);
	}
	cJSON_Delete(ready);
	free(credentials), free(kubeconfig), free(proxy), free(text);
	well = well || complain(&e);
	err_free(&e);
	return well;
}

static void remove_papers(const struct options *o, struct papers *p)
{
	if (p->ca)
		unlink(p->ca);
	if (p->credentials)
		unlink(p->credentials);
	if (p->kubeconfig)
		unlink(p->kubeconfig);
	if (p->dir)
		rmdir(p->dir);
	if (o->ready && p->ca)
		unlink(o->ready);
	free(p->dir), free(p->ca), free(p->credentials), free(p->kubeconfig);
}

static void log_entry(void *arg, const cJSON *entry)
{
	FILE *f = arg;
	struct buf b = {0};
	json_write(&b, entry, -1);
	buf_putc(&b, '\n');
	fwrite(buf_text(&b), 1, b.len, f);
	fflush(f);
	buf_free(&b);
}

static void write_dump(struct server *v, const char *path)
{
	struct err e = {0};
	cJSON *all = sim_dump(v->sim);
	char *text = json_text(all, 0);
	if (!file_write(path, text, strlen(text), 0600, &e))
		complain(&e);
	err_free(&e);
	free(text);
	cJSON_Delete(all);
}

/* A file that cannot be read or holds no rules leaves those in force as they are. */
static void read_faults_again(struct server *v, const char *path)
{
	struct err e = {0};
	cJSON *rules = read_json(path, &e);
	if (!rules || !sim_faults(v->sim, rules, &e))
		complain(&e);
	err_free(&e);
	cJSON_Delete(rules);
}

static void run(struct server *v, const struct options *o)
{
	while (!stop_asked) {
		server_turn(v, 1000);
		if (faults_asked && o->faults)
			read_faults_again(v, o->faults);
		faults_asked = 0;
		if (dump_asked && o->dump) {
			dump_asked = 0;
			write_dump(v, o->dump);
		}
	}
	if (o->dump)
		write_dump(v, o->dump);
}

static void catch_signals(void)
{
	struct sigaction dump = {.sa_handler = on_dump}, again = {.sa_handler = on_faults};
	process_on_signal(SIGTERM, on_stop, 0);
	process_on_signal(SIGINT, on_stop, 0);
	process_on_signal(SIGHUP, on_stop, 0);
	sigaction(SIGUSR1, &dump, NULL);
	sigaction(SIGUSR2, &again, NULL);
	signal(SIGPIPE, SIG_IGN);
}

static bool serve(struct server *v, const struct options *o)
{
	struct err e = {0};
	struct papers papers = {0};
	FILE *log = o->log ? fopen(o->log, "ae") : NULL;
	if (o->log && !log) {
		fprintf(stderr, "mlflow-setup-sim: cannot write %s\n", o->log);
		return false;
	}
	if (log)
		sim_on_exchange(v->sim, log_entry, log);
	catch_signals();
	bool well = server_listen(v, o->port, &e) || complain(&e);
	err_free(&e);
	if (well && write_papers(v, o, &papers))
		run(v, o);
	else
		well = false;
	remove_papers(o, &papers);
	if (log)
		fclose(log);
	return well;
}

int main(int argc, char **argv)
{
	process_hold_standard_fds();
	struct options o = {.speed = 1};
	struct server v = {.listener = -1, .clock = -1};
	mem_install();
	if (!parse(argc, argv, &o, &v)) {
		fputs("Try mlflow-setup-sim --help.\n", stderr);
		return EXIT_USAGE;
	}
	v.still = o.clock && !o.paced;
	if (v.still)
		o.speed = 0;
	v.speed = o.speed;
	if (o.clock && (v.clock = open(o.clock, O_RDONLY | O_NONBLOCK | O_CLOEXEC)) < 0) {
		fprintf(stderr, "mlflow-setup-sim: cannot read %s\n", o.clock);
		return EXIT_CONFIG;
	}
	bool well = start_sim(&v, &o) && serve(&v, &o);
	server_free(&v);
	sim_free(v.sim);
	return well ? EXIT_DONE : EXIT_CONFIG;
}
