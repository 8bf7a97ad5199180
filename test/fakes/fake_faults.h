/*
 * fake_faults.h
 *		The rules by which the stand-ins misbehave.
 */
#ifndef FAKE_FAULTS_H
#define FAKE_FAULTS_H

#include "fake_service.h"

extern bool fake_faults_load(FakeSlice json, bool is_adding, FakeText *error);
extern void fake_faults_clear(void);
extern const FakeAction *fake_faults_match(FakeServiceKind service,
										   const FakeRequest *request);
extern void fake_faults_render(FakeText *out);

#endif							/* FAKE_FAULTS_H */
