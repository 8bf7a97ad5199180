/*
 * http_retry.h
 *	  When to try again; pure.
 */
#ifndef HTTP_RETRY_H
#define HTTP_RETRY_H

/*
 * Milliseconds to wait before attempt `attempt` + 1, after `attempt` (from 1)
 * failed: what the far side asked for (retry_after_ms, unless negative), else
 * half a second doubled each time up to 30 s, less up to a quarter at random.
 */
extern int64 http_retry_delay_ms(int attempt, int64 retry_after_ms);

#endif							/* HTTP_RETRY_H */
