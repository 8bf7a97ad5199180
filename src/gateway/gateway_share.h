/*
 * gateway_share.h
 *		Whose share of the pool a person's calls take.
 */
#ifndef GATEWAY_SHARE_H
#define GATEWAY_SHARE_H

#include <stddef.h>
#include <stdint.h>

typedef struct GatewayShares GatewayShares;

GatewayShares *gateway_shares_create(size_t slots);
uint64_t gateway_shares_find(const GatewayShares *shares, uint64_t person);
void gateway_shares_learn(GatewayShares *shares, uint64_t person,
						  uint64_t share, int64_t now_ms);
void gateway_shares_free(GatewayShares *shares);

#endif
