/*
 * gateway_limit.h
 *		How often a stranger may fail: a budget per address.
 */
#ifndef GATEWAY_LIMIT_H
#define GATEWAY_LIMIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct GatewayLimit GatewayLimit;

GatewayLimit *gateway_limit_create(size_t slots, uint64_t seed);
uint64_t gateway_limit_key(const GatewayLimit *limit, const void *bytes,
						   size_t length, uint64_t base);
int gateway_limit_wait_seconds(const GatewayLimit *limit, uint64_t key,
							   int64_t per_minute, int64_t now_ms);
void gateway_limit_charge(GatewayLimit *limit, uint64_t key, int64_t per_minute,
						  int64_t now_ms);
void gateway_limit_accept(GatewayLimit *limit, uint64_t key, int64_t now_ms);
bool gateway_limit_is_accepted(const GatewayLimit *limit, uint64_t key,
							   int64_t now_ms);
void gateway_limit_free(GatewayLimit *limit);

#endif
