/*
 * fake_loop.h
 *		One epoll loop with a heap of timers.
 */
#ifndef FAKE_LOOP_H
#define FAKE_LOOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A descriptor somebody waits for; embedded in its owner. */
typedef struct FakeWatch
{
	int fd;
	void (*ready_cb) (void *owner, uint32_t events);
	void *owner;
} FakeWatch;

/* A time somebody waits for; embedded in its owner, all zero when idle. */
typedef struct FakeTimer
{
	int64_t due_us;
	void (*fire_cb) (void *owner);
	void *owner;
	size_t place;				/* 1-based place in the heap, 0 when idle */
} FakeTimer;

extern void fake_loop_open(void);
extern void fake_loop_raise_file_limit(void);
extern int64_t fake_loop_now_us(void);
extern bool fake_loop_watch(FakeWatch *watch, uint32_t events);
extern void fake_loop_set_timer(FakeTimer *timer, int64_t due_us);
extern void fake_loop_clear_timer(FakeTimer *timer);
extern void fake_loop_round_end(void (*call_cb) (void));
extern void fake_loop_run(void);
extern void fake_loop_stop(void);

#endif							/* FAKE_LOOP_H */
