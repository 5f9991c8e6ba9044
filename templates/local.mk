# Each template, to be embedded; `render` writes them and the image is built from them.
TEMPLATES = \
	templates/appengine/Dockerfile.mustache \
	templates/appengine/together.py.mustache \
	templates/appengine/with_secrets.py.mustache \
	templates/client/build_client.py.mustache \
	templates/client/mlflow_setup_client.py.mustache \
	templates/client/pyproject.toml.mustache \
	templates/client/try_it.py.mustache \
	templates/github/mlflow.yml.mustache \
	templates/run/Dockerfile.mustache \
	templates/shared/basic_auth.ini.mustache \
	templates/shared/constraints.txt.mustache \
	templates/shared/emails.mustache \
	templates/shared/gc.sh.mustache \
	templates/shared/login.py.mustache \
	templates/shared/login.txt.mustache \
	templates/shared/migrate.sh.mustache \
	templates/shared/oauth2-proxy.cfg.mustache \
	templates/shared/requirements.txt.mustache \
	templates/shared/server.env.mustache \
	templates/shared/start.sh.mustache \
	templates/terraform/README.md.mustache \
	templates/terraform/versions.tf.mustache \
	templates/vm/user-data.mustache

src/base/embedded.c: $(TEMPLATES) templates/embed
	$(AM_V_GEN)$(MKDIR_P) src/base && $(SHELL) $(top_srcdir)/templates/embed $(top_srcdir) $(TEMPLATES) >$@.tmp && mv $@.tmp $@
CLEANFILES += src/base/embedded.c
nodist_src_base_libbase_a_SOURCES = src/base/embedded.c
src_base_libbase_a_SOURCES += src/base/templates.c src/base/templates.h

check_PROGRAMS += tests/base/templates
TESTS += tests/base/templates
tests_base_templates_SOURCES = tests/base/templates.c tests/tap.h
tests_base_templates_LDADD = $(LIB_BASE)
