/*
 * gateway_loop.h
 *		The event loop: descriptors and one tick.
 */
#ifndef GATEWAY_LOOP_H
#define GATEWAY_LOOP_H

#include <stdbool.h>
#include <stdint.h>

typedef void (*GatewayReadyCb)(void *owner, uint32_t events);

/* Interest in one descriptor; lives inside its owner. */
typedef struct GatewayWatch
{
	int fd; /* -1: not watched */
	uint32_t events;
	GatewayReadyCb ready_cb;
	void *owner;
} GatewayWatch;

/* Runs after the events of a round; returns how long the next may wait. */
typedef int (*GatewayTurnCb)(void *owner);

typedef struct GatewayLoop
{
	int epoll_fd;
	bool is_stopping;
	int64_t now_us; /* monotonic, taken once a round */
} GatewayLoop;

bool gateway_loop_open(GatewayLoop *loop);
bool gateway_loop_watch(GatewayLoop *loop, GatewayWatch *watch, int fd,
						uint32_t events);
void gateway_loop_unwatch(GatewayLoop *loop, GatewayWatch *watch);
void gateway_loop_run(GatewayLoop *loop, GatewayTurnCb turn_cb, void *owner);
int64_t gateway_loop_clock_us(void);
int64_t gateway_loop_now_ms(const GatewayLoop *loop);

#endif
