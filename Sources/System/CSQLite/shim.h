#pragma once
#include <sqlite3.h>

/// Turns off SQLite's memory statistics, which take a lock at each allocation. Call it before anything else.
static inline int oneapi_sqlite_without_statistics(void) { return sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0); }
