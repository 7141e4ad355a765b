#include "CPrices.h"
