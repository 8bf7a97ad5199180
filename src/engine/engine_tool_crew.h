/*
 * engine_tool_crew.h
 *	  The tool workers that live, and the account each is at: in shared memory,
 *	  where a worker's entry goes away with its process.
 */
#ifndef ENGINE_TOOL_CREW_H
#define ENGINE_TOOL_CREW_H

/* Tool workers of one database at most, lost ones included; frontdesk.tool_workers. */
#define ENGINE_TOOL_MOST_WORKERS 16

extern Size engine_tool_crew_shmem_size(void);
extern void engine_tool_crew_shmem_init(void *area, bool found);

/* ---- tool workers ---- */

/* Makes this process a tool worker of its database until it ends; false when
 * the table is full. */
extern bool engine_tool_crew_join(void);

/* The account whose tool this process runs from now on; 0: none. */
extern void engine_tool_crew_serve(int account_id);

/* Makes this process a lost one: it has not ended though it was told to.  From a
 * signal's handler. */
extern void engine_tool_crew_lose(void);

/* Number of this tool worker, as no other one had since shared memory was made. */
extern int64 engine_tool_crew_generation(void);

/* ---- everybody ---- */

typedef struct EngineToolLost
{
	int64		generation;
	int			account_id;
	int			pid;
} EngineToolLost;

/* The lost ones are not among the others. */
typedef struct EngineToolCrew
{
	int			count;
	int			busy;			/* those that are at an account */
	int64		generations[ENGINE_TOOL_MOST_WORKERS];
	int			accounts[ENGINE_TOOL_MOST_WORKERS]; /* 0: none */
	int			lost_count;
	EngineToolLost lost[ENGINE_TOOL_MOST_WORKERS];
} EngineToolCrew;

/* The tool workers of this database. */
extern void engine_tool_crew_look(EngineToolCrew *crew);

/* Makes them look whether there is something to run. */
extern void engine_tool_crew_wake(void);

/* How many tool workers have come up since shared memory was made. */
extern int64 engine_tool_crew_joined(void);

#endif							/* ENGINE_TOOL_CREW_H */
