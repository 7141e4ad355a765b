#pragma once
#include <sqlite3.h>

/// Leaves out the bookkeeping of memory, which takes a lock each time. To be called before all else.
static inline int oneapi_sqlite_without_statistics(void) { return sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0); }
