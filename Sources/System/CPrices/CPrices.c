#include "CPrices.h"

#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wc23-extensions"
static const char prices[] = {
#embed "prices.tsv"
};
static const char catalogue[] = {
#embed "catalogue.tsv"
};
#pragma clang diagnostic pop

const char *oneapi_prices(size_t *length) {
    *length = sizeof prices;
    return prices;
}

const char *oneapi_catalogue(size_t *length) {
    *length = sizeof catalogue;
    return catalogue;
}
