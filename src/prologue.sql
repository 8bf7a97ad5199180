\echo Use "CREATE EXTENSION pg_frontdesk" to load this file. \quit
