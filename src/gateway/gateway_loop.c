/*
 * gateway_loop.c
 *		The event loop: descriptors and one tick.
 *
 * Runs in the gateway, one thread.  A round: wait, call the owner of each
 * ready descriptor, call the round's callback, which serves the HTTP library
 * and the timers and says how long to wait next.
 *
 * A watch is memory of its owner that outlives the loop's round; an owner
 * that stops watching during a round is skipped for the rest of it.
 */
#include "gateway_loop.h"

#include <sys/epoll.h>
#include <time.h>

#define EVENTS_PER_TURN 128

/* Opens the loop. */
bool
gateway_loop_open(GatewayLoop *loop)
{
	loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	loop->is_stopping = false;
	loop->now_us = gateway_loop_clock_us();
	return loop->epoll_fd >= 0;
}

/* Watches a descriptor, or changes what it is watched for. */
bool
gateway_loop_watch(GatewayLoop *loop, GatewayWatch *watch, int fd,
				   uint32_t events)
{
	struct epoll_event event = {.events = events, .data.ptr = watch};
	int operation = EPOLL_CTL_MOD;

	if (watch->fd == fd && watch->events == events)
		return true;
	if (watch->fd != fd)
	{
		gateway_loop_unwatch(loop, watch);
		operation = EPOLL_CTL_ADD;
	}
	if (epoll_ctl(loop->epoll_fd, operation, fd, &event) != 0)
		return false;
	watch->fd = fd;
	watch->events = events;
	return true;
}

/* Stops watching; call it before the descriptor is closed. */
void
gateway_loop_unwatch(GatewayLoop *loop, GatewayWatch *watch)
{
	if (watch->fd < 0)
		return;
	epoll_ctl(loop->epoll_fd, EPOLL_CTL_DEL, watch->fd, NULL);
	watch->fd = -1;
}

static void
dispatch(const struct epoll_event *events, int count)
{
	for (int i = 0; i < count; i++)
	{
		GatewayWatch *watch = events[i].data.ptr;

		if (watch->fd >= 0)
			watch->ready_cb(watch->owner, events[i].events);
	}
}

/* Runs rounds until somebody sets is_stopping. */
void
gateway_loop_run(GatewayLoop *loop, GatewayTurnCb turn_cb, void *owner)
{
	struct epoll_event events[EVENTS_PER_TURN];
	int wait_ms = 0;

	while (!loop->is_stopping)
	{
		int count =
			epoll_wait(loop->epoll_fd, events, EVENTS_PER_TURN, wait_ms);

		loop->now_us = gateway_loop_clock_us();
		dispatch(events, count);
		wait_ms = turn_cb(owner);
	}
}

/* Reads the monotonic clock. */
int64_t
gateway_loop_clock_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t) now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* Returns the time at which the round began. */
int64_t
gateway_loop_now_ms(const GatewayLoop *loop)
{
	return loop->now_us / 1000;
}
