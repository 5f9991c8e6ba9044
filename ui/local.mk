noinst_LIBRARIES += ui/libui.a
ui_libui_a_SOURCES = \
	ui/accessible.c ui/accessible.h \
	ui/build.c ui/build_pane.c ui/build_status.c ui/build_parts.h \
	ui/causes.c ui/causes.h \
	ui/checks.c \
	ui/choices.c \
	ui/client.c ui/client.h \
	ui/command.c ui/command.h \
	ui/doc.c ui/doc.h \
	ui/done.c ui/done.h \
	ui/draft.c ui/draft.h \
	ui/edit.c ui/edit.h \
	ui/failure.c \
	ui/form.c ui/form_draw.c ui/form_facts.c ui/form_leave.c ui/form_suggestions.c ui/form_parts.h \
	ui/guard.c ui/guard.h \
	ui/log.c \
	ui/overlays.c ui/overlay_list.c ui/overlay_secret.c \
	ui/pages.c ui/pages.h \
	ui/plain.c ui/plain.h ui/plain_ask.c ui/plain_build.c ui/plain_review.c ui/plain_settings.c ui/plain_private.h \
	ui/prefill.c ui/prefill.h \
	ui/progress.c ui/progress.h \
	ui/resources.c \
	ui/problems.c \
	ui/review.c ui/review_pane.c ui/review_plan.c ui/review_parts.h \
	ui/screen.c ui/screen.h ui/screen_dump.c ui/screen_keys.c ui/screen_links.c ui/screen_text.c ui/screen_private.h \
	ui/settings.c \
	ui/shell.c \
	ui/state.h \
	ui/survey.c ui/survey.h \
	ui/views.c \
	ui/wizard.c ui/wizard.h ui/wizard_loop.c \
	ui/work.c ui/work.h

check_PROGRAMS += tests/ui/ahead tests/ui/features tests/ui/progress tests/ui/layout tests/ui/screens tests/ui/plain tests/ui/wizard-fake
TESTS += tests/ui/rows.py tests/ui/ahead tests/ui/features tests/ui/progress tests/ui/layout tests/ui/screens tests/ui/plain tests/ui/terminal.py tests/ui/unhurried.py
WALK_TESTS += tests/ui/plain_examples.py
tests_ui_screens_SOURCES = tests/ui/screens.c tests/ui/translation.h tests/ui/fake_session.c tests/ui/fake_session.h tests/ui/hand.h tests/tap.h
tests_ui_screens_LDADD = ui/libui.a src/engine/libengine.a $(LIB_PLAN) $(NCURSES_LIBS)
tests_ui_ahead_SOURCES = tests/ui/ahead.c tests/ui/fake_session.c tests/ui/fake_session.h tests/ui/hand.h tests/tap.h
tests_ui_ahead_LDADD = $(tests_ui_screens_LDADD)
tests_ui_features_SOURCES = tests/ui/features.c tests/ui/fake_session.c tests/ui/fake_session.h tests/ui/hand.h tests/tap.h
tests_ui_features_LDADD = $(tests_ui_screens_LDADD)
tests_ui_progress_SOURCES = tests/ui/progress.c tests/tap.h
tests_ui_progress_LDADD = $(tests_ui_screens_LDADD)
tests_ui_layout_SOURCES = tests/ui/layout.c tests/ui/translation.h tests/ui/fake_session.c tests/ui/fake_session.h tests/ui/hand.h tests/tap.h
tests_ui_layout_LDADD = $(tests_ui_screens_LDADD)
tests_ui_wizard_fake_SOURCES = tests/ui/wizard-fake.c tests/ui/fake_session.c tests/ui/fake_session.h
tests_ui_wizard_fake_LDADD = $(LIB_UI)
tests_ui_plain_SOURCES = tests/ui/plain.c tests/ui/fake_session.c tests/ui/fake_session.h tests/tap.h
tests_ui_plain_LDADD = $(tests_ui_screens_LDADD)

# The real engine and the simulated cloud stand behind it, and each run that the wizard starts goes by the test.
if REHEARSAL
check_PROGRAMS += tests/ui/wander
TESTS += tests/ui/wander
endif
tests_ui_wander_SOURCES = tests/ui/wander.c tests/ui/wander.h tests/ui/wander_checks.c tests/ui/wander_keys.c tests/tap.h \
	src/cmd/rehearsal.c src/cmd/rehearsal_cloud.c src/cmd/rehearsal_hand.c src/cmd/rehearsal_past.c src/cmd/rehearsal_private.h
tests_ui_wander_LDADD = src/cmd/libcmd.a $(LIB_UI) $(LIB_SIM)
tests_ui_wander_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=run_start -Wl,--wrap=work_start
