/* Answers that need not be typed. */
#ifndef MS_UI_PREFILL_H
#define MS_UI_PREFILL_H

struct wizard;

/* Fills in what became known, where nothing was answered; each once: what the operator empties later stays empty. */
void prefill_answers(struct wizard *w);
/* What a rehearsal made up is no answer: outside one it is asked for. */
void prefill_forget(struct wizard *w);

#endif
