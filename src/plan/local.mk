noinst_LIBRARIES += src/plan/libplan.a
src_plan_libplan_a_SOURCES = \
	src/plan/answers.h \
	src/plan/plan.h \
	src/plan/question.h
