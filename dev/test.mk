# What dev/test makes, as one pool of jobs: the real parts, both builds, and the tests of each. What one list of tests has no use for at its end, the other
# takes. The variables that dev/test is given reach the builds' makefiles as make hands them on.
options/build.test = --enable-sanitizers
goal/build.test = check
goal/build.walks = check-walks

builds = build.test build.walks
python = $(MLFLOW_SETUP_PARTS)/python

.PHONY: tested parts $(builds:=/built) $(builds:=/tested)
tested: parts $(builds:=/tested)

parts:
	@dev/parts

$(builds:=/built):
	@mkdir -p $(@D)
	@rm -f $(@D)/check.log && find $(@D) -name '*.trs' -delete
	+@cd $(@D) && { ../configure --enable-werror $(options/$(@D)) && $(MAKE); } >build.log 2>&1 </dev/null || { tail -n 60 build.log; exit 1; }

$(builds:=/tested): %/tested: %/built parts
	+@$(MAKE) -C $* -k $(goal/$*) $$([ -x $(python)/bin/python ] && [ ! -e $(python).why ] && echo PYTHON3=$(python)/bin/python) >$*/check.log 2>&1 </dev/null; \
		echo "make ended with $$?" >>$*/check.log
