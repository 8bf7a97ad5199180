/*
 * inbox_standby.c
 *	  How long the sender of a webhook waits for a synchronous standby.
 *
 * Runs in sessions that take webhooks in.  While a synchronous standby is missing
 * every commit waits for it, without an end.  A sender has given up long before,
 * and may send once more, or never: so the wait is cut short, and what was taken in
 * is durable on this server alone until the standby has caught up.  The statement's
 * own timeout has ended when a transaction commits; here it begins anew.  A session
 * that has waited in vain does not for a while, lest every connection of a gateway
 * stands still.
 */
#include "postgres.h"

#include "access/xact.h"
#include "miscadmin.h"
#include "replication/syncrep.h"
#include "utils/guc.h"
#include "utils/timeout.h"

#include "base/base_clock.h"
#include "base/base_settings.h"
#include "inbox/inbox_standby.h"

/* After one that was in vain. */
#define NO_WAIT_US (INT64CONST(30) * 1000000)

static bool is_bounded = false; /* the transaction at hand */
static bool is_timed = false;	/* its commit */
static int64 waits_again_at = 0;

static void
begin_wait(void)
{
	if (!is_bounded || get_timeout_active(STATEMENT_TIMEOUT))
		return;
	is_timed = true;
	enable_timeout_after(STATEMENT_TIMEOUT, setting_standby_wait);
}

/* A cancel that came too late for the wait is for nobody. */
static void
end_wait(void)
{
	if (is_timed)
	{
		disable_timeout(STATEMENT_TIMEOUT, true);
		if (get_timeout_indicator(STATEMENT_TIMEOUT, true))
		{
			QueryCancelPending = false;
			waits_again_at = base_clock_ticks() + NO_WAIT_US;
		}
	}
	is_timed = is_bounded = false;
}

static void
standby_cb(XactEvent event, void *arg)
{
	if (event == XACT_EVENT_PRE_COMMIT)
		begin_wait();
	else if (event == XACT_EVENT_COMMIT || event == XACT_EVENT_ABORT)
		end_wait();
}

void
inbox_standby_bound_wait(void)
{
	static bool is_registered = false;

	if (setting_standby_wait < 0 || SyncRepStandbyNames == NULL || SyncRepStandbyNames[0] == '\0')
		return;
	if (base_clock_ticks() < waits_again_at)
	{
		(void) set_config_option("synchronous_commit", "local", PGC_USERSET, PGC_S_SESSION,
								 GUC_ACTION_LOCAL, true, 0, false);
		return;
	}
	if (!is_registered)
		RegisterXactCallback(standby_cb, NULL);
	is_registered = is_bounded = true;
}
