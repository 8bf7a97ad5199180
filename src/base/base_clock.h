/*
 * base_clock.h
 *	  The one clock: due times by wall time, transfers by monotonic time.
 *	  Tests shift both with frontdesk.shift_clock().
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include "datatype/timestamp.h"

/* Wall time, shift included. */
extern TimestampTz base_clock_now(void);

/* Monotonic microseconds, shift included; only differences mean anything. */
extern int64 base_clock_ticks(void);

/* Has a function called whenever the clock was shifted, in the session that did
 * it: for whoever sleeps until a time of this clock. */
extern void base_clock_on_shift(void (*callback) (void));

#endif							/* BASE_CLOCK_H */
