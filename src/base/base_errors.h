/*
 * base_errors.h
 *	  SQLSTATEs of our own, class FD, and what each means.
 *
 * docs/reference/errors.md lists the same codes for users.
 */
#ifndef BASE_ERRORS_H
#define BASE_ERRORS_H

#define FRONTDESK_CODE(a, b, c) MAKE_SQLSTATE('F', 'D', a, b, c)

/* the library is not in shared_preload_libraries */
#define ERRCODE_FRONTDESK_NOT_PRELOADED		FRONTDESK_CODE('0', '0', '1')
/* no usable key for secrets: setting frontdesk.key_file */
#define ERRCODE_FRONTDESK_NO_KEY			FRONTDESK_CODE('0', '0', '2')
/* a secret that is needed is not stored, or cannot be decrypted */
#define ERRCODE_FRONTDESK_SECRET			FRONTDESK_CODE('0', '0', '3')
/* a graph that fails its checks */
#define ERRCODE_FRONTDESK_GRAPH				FRONTDESK_CODE('0', '1', '0')
/* no classifier of that name, or it was not trained */
#define ERRCODE_FRONTDESK_NO_CLASSIFIER		FRONTDESK_CODE('0', '2', '0')

#endif							/* BASE_ERRORS_H */
