/*
 * gateway_check.h
 *		Whether the gateway could serve, asked before it does.
 */
#ifndef GATEWAY_CHECK_H
#define GATEWAY_CHECK_H

#include <stdbool.h>

#include "gateway_config.h"

bool gateway_check_run(const GatewayConfig *config);

#endif
