/*
 * engine_vacate.h
 *	  Gets our processes out of the way of DROP DATABASE.
 */
#ifndef ENGINE_VACATE_H
#define ENGINE_VACATE_H

extern void engine_vacate_init(void);

#endif							/* ENGINE_VACATE_H */
