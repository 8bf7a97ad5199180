/*
 * engine_retention.c
 *	  Pruning, batch by batch, by frontdesk.prune_next().
 *
 * A duty of the coordinator: one batch per call, a short transaction that waits for
 * nobody longer than LOCK_WAIT.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/guc.h"

#include "base/base_settings.h"
#include "base/base_spi.h"
#include "engine/engine_duty.h"
#include "engine/engine_retention.h"

#define BATCH_ROWS 1000
#define AGAIN_MS 20
#define LOCK_WAIT "500ms"

int
engine_retention_prune(void)
{
	static BaseStatement prune_next = {
		"SELECT frontdesk.prune_next(pg_catalog.make_interval(secs => $1), $2)",
		{FLOAT8OID, INT4OID}
	};
	Datum		values[] = {Float8GetDatum(setting_prune_interval), Int32GetDatum(BATCH_ROWS)};

	if (setting_prune_interval == 0)
		return ENGINE_DUTY_AS_USUAL;
	(void) set_config_option("lock_timeout", LOCK_WAIT, PGC_SUSET, PGC_S_SESSION,
							 GUC_ACTION_LOCAL, true, 0, false);
	(void) set_config_option("synchronous_commit", "off", PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_LOCAL, true, 0, false);
	base_spi_execute(&prune_next, values, NULL);
	return base_spi_bool(0, 1, false) ? AGAIN_MS : ENGINE_DUTY_AS_USUAL;
}
