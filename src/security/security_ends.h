/*
 * security_ends.h
 *	  The two ends of a long text, kept so that they can still be masked.
 */
#ifndef SECURITY_ENDS_H
#define SECURITY_ENDS_H

/* The last place between two characters that is not behind `at`. */
extern int	security_ends_boundary(const char *text, int bytes, int at);

/*
 * Of a long palloc'd text, which is freed then, what is looked at to mask its
 * first and its last `end_bytes` bytes, and how much was left out between.
 */
extern char *security_ends_keep(char *text, int end_bytes, int *left_out);

#endif							/* SECURITY_ENDS_H */
