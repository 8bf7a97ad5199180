/*
 * fake_loop.c
 *		One epoll loop with a heap of timers, for a program of one thread.
 *
 * Watches are edge triggered and registered once, so that a request costs no
 * epoll_ctl.  Timers live in a binary heap in which every timer knows its
 * place: setting and clearing cost O(log n) with ten thousand requests
 * waiting.  A callback may close its own watch and any other: closed
 * descriptors leave epoll by themselves, and their owners are freed at the end
 * of the round (fake_loop_round_end), never within it.
 */
#include "fake_loop.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>

#define TURN_EVENTS 256

static int epoll_fd = -1;
static bool is_stopped = false;
static void (*round_end_cb) (void) = NULL;

/* The heap: heap[1] is due first. */
static FakeTimer **heap = NULL;
static size_t heap_len = 0;
static size_t heap_cap = 0;

void
fake_loop_open(void)
{
	epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (epoll_fd < 0)
	{
		perror("epoll_create1");
		exit(1);
	}
}

/* Thousands of connections wait at once: take what the system allows. */
void
fake_loop_raise_file_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	(void) setrlimit(RLIMIT_NOFILE, &limit);
}

/* Microseconds of the monotonic clock. */
int64_t
fake_loop_now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t) now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* Registers a descriptor for good; it leaves when it is closed. */
bool
fake_loop_watch(FakeWatch *watch, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.ptr = watch };

	return epoll_ctl(epoll_fd, EPOLL_CTL_ADD, watch->fd, &event) == 0;
}

static void
heap_put(FakeTimer *timer, size_t place)
{
	heap[place] = timer;
	timer->place = place;
}

static void
heap_up(FakeTimer *timer, size_t place)
{
	while (place > 1 && heap[place / 2]->due_us > timer->due_us)
	{
		heap_put(heap[place / 2], place);
		place /= 2;
	}
	heap_put(timer, place);
}

static void
heap_down(FakeTimer *timer, size_t place)
{
	for (;;)
	{
		size_t child = place * 2;

		if (child > heap_len)
			break;
		if (child < heap_len && heap[child + 1]->due_us < heap[child]->due_us)
			child++;
		if (heap[child]->due_us >= timer->due_us)
			break;
		heap_put(heap[child], place);
		place = child;
	}
	heap_put(timer, place);
}

/* Sets or moves a timer. */
void
fake_loop_set_timer(FakeTimer *timer, int64_t due_us)
{
	fake_loop_clear_timer(timer);
	timer->due_us = due_us;
	if (heap_len + 2 > heap_cap)
	{
		heap_cap = heap_cap > 0 ? heap_cap * 2 : 1024;
		heap = realloc(heap, heap_cap * sizeof(FakeTimer *));
		if (heap == NULL)
			abort();
	}
	heap_len++;
	heap_up(timer, heap_len);
}

/* Clears a timer; an idle one stays idle. */
void
fake_loop_clear_timer(FakeTimer *timer)
{
	size_t place = timer->place;
	FakeTimer *last;

	if (place == 0)
		return;
	timer->place = 0;
	last = heap[heap_len--];
	if (last == timer)
		return;
	if (place > 1 && heap[place / 2]->due_us > last->due_us)
		heap_up(last, place);
	else
		heap_down(last, place);
}

/* Names what to call after every round, when freeing is safe. */
void
fake_loop_round_end(void (*call_cb) (void))
{
	round_end_cb = call_cb;
}

static int
next_wait_ms(void)
{
	int64_t wait_us;

	if (heap_len == 0)
		return -1;
	wait_us = heap[1]->due_us - fake_loop_now_us();
	return wait_us <= 0 ? 0 : (int) ((wait_us + 999) / 1000);
}

static void
fire_due_timers(void)
{
	int64_t now_us;

	if (heap_len == 0)
		return;
	now_us = fake_loop_now_us();
	while (heap_len > 0 && heap[1]->due_us <= now_us)
	{
		FakeTimer *timer = heap[1];

		fake_loop_clear_timer(timer);
		timer->fire_cb(timer->owner);
	}
}

/* Runs turns until fake_loop_stop(). */
void
fake_loop_run(void)
{
	struct epoll_event events[TURN_EVENTS];

	while (!is_stopped)
	{
		int count = epoll_wait(epoll_fd, events, TURN_EVENTS, next_wait_ms());

		if (count < 0 && errno != EINTR)
		{
			perror("epoll_wait");
			exit(1);
		}
		for (int i = 0; i < count; i++)
		{
			FakeWatch *watch = events[i].data.ptr;

			if (watch->fd >= 0)
				watch->ready_cb(watch->owner, events[i].events);
		}
		fire_due_timers();
		if (round_end_cb != NULL)
			round_end_cb();
	}
}

void
fake_loop_stop(void)
{
	is_stopped = true;
}
