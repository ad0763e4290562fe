// All kernels, for the instruction set that the including file has named.
//
// It defines, before it includes this file: KERNELS_ISA and KERNELS_TABLE (the name of its table);
// LANES, the floats of a vector; HAS_FMA; TILE_ROWS and TILE_VECTORS, the shape of the register
// tile of products.
#include "vector.inc.h"

#include "functions.inc.h"
#include "map.inc.h"
#include "pack.inc.h"
#include "tiles.inc.h"
#include "product.inc.h"
#include "encoded.inc.h"
#include "int8.inc.h"
#include "rows.inc.h"
#include "softmax.inc.h"
#include "optimizers.inc.h"
#include "traces.inc.h"

const ctk_kernels KERNELS_TABLE = {
    .isa = KERNELS_ISA,
    .panel_columns = PANEL,
    .map = map_functions,
    .pack = pack,
    .packed_count = packed_count,
    .packed_column = packed_column,
    .product_packed = product_packed,
    .product = product,
    .product_scratch = product_scratch,
    .product_encoded = product_encoded,
    .gathered_product = gathered_product,
    .gathered_scratch = gathered_scratch,
    .row_sum = row_sum,
    .row_products = row_products,
    .weighted_rows = weighted_rows,
    .matrix_update = matrix_update,
    .row_maximum = row_maximum,
    .row_cumulative_sum = row_cumulative_sum,
    .column_sum = column_sum,
    .sum = sum,
    .sum_of_squares = sum_of_squares,
    .copy_rows = copy_rows,
    .add_rows = add_rows,
    .repeat_columns = repeat_columns,
    .transpose = transpose,
    .softmax = softmax,
    .log_softmax = log_softmax,
    .cross_entropy = cross_entropy,
    .gather_rows = gather_rows,
    .scatter_add_rows = scatter_add_rows,
    .adam_step = adam_step,
    .sgd_step = sgd_step,
    .advance_traces = advance_traces,
};
