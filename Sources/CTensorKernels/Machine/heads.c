// Steps of a recurrence whose heads don't depend on each other: one head goes through all times before the next, so that
// its matrices stay in the first cache, and what programs need is found out once for all heads and times.
//
// Each step does what it does when all heads take it together, on the same numbers in the same order.
#include "heads.h"

#include "../System/thread_memory.h"
#include "matrices.h"
#include "together.h"

enum { MOST_PREPARED = 8, MOST_CALLS = 16, LEAST_ROWS = 4 };

// An operand that stands elsewhere at each time.
typedef struct {
  float *base;
  ptrdiff_t time_stride, shift, step_mask;
  int32_t operand;
} moving_operand;

// A step of one head.
typedef struct {
  const ctk_step *step;
  ctk_operand operands[CTK_MAX_OPERANDS];  // at the current time
  float *bases[CTK_MAX_OPERANDS];          // the same, of whole matrices
  matrix_call *call;                       // of a program over matrices, or null
  prepared *prepared;                      // of another, or null
  weighted_sum sum;                        // of a sum over rows, what it is for the update that takes it along
  bool is_taken;                           // by an update
  int32_t together;                        // steps, from this one on
  int32_t moving_count;
  moving_operand moving[CTK_MAX_OPERANDS];
  bool is_regular;  // the other operands stand at the same addresses at all times
} head_step;

struct head_run {
  const ctk_kernels *kernels;
  head_step steps[CTK_MOST_OF_HEADS];
  int32_t prepared_count, call_count;
  bool moves_temporaries;
  prepared prepared[MOST_PREPARED];
  matrix_call calls[MOST_CALLS];
  _Alignas(64) float scratch[TEMPORARIES];
};

static head_run *run_of_thread(void) { return ctk_thread_memory_of(MEMORY_OF_HEADS, sizeof(head_run)); }

static void bind(head_step *bound, const ctk_area *areas, const ctk_step_block *block,
                 ptrdiff_t head) {
  const ctk_step *step = bound->step;
  for (int32_t i = 0; i < step->place_count; i++) {
    ptrdiff_t stride;
    float *row = ctk_place_address(&step->places[i], areas, block, &stride);
    bound->operands[i].base = bound->bases[i] = row + head * step->head_strides[i];
  }
}

// Prefetches the rows of vectors at all times, for writing: they lie in too many pages for a processor to see what comes,
// and each step waits for the one before it.
static void prefetch_times(const head_step *bound, const ctk_area *areas, const ctk_step_block *first,
                           ptrdiff_t times, ptrdiff_t stride) {
  enum { LINE = 16, MOST = 256 };  // floats of a cache line, and of a vector
  if (!bound->is_regular) return;
  for (int32_t i = 0; i < bound->moving_count; i++) {
    const moving_operand *moving = &bound->moving[i];
    const ctk_place *place = &bound->step->places[moving->operand];
    // What has memory for a chunk of steps alone is in a cache.
    if (place->columns > MOST || areas[place->area].row_stride == 0) continue;
    ptrdiff_t step = first->step + moving->shift;
    for (ptrdiff_t t = 0; t < times; t++, step += stride)
      for (int32_t j = 0; j < place->columns; j += LINE)
        __builtin_prefetch(moving->base + (step & moving->step_mask) * moving->time_stride + j, 1);
  }
}

// Binds a head's operands at its first time, and notes how they move from then on.
static void bind_head(head_step *bound, const ctk_area *areas, const ctk_step_block *first,
                      ptrdiff_t times, ptrdiff_t stride, ptrdiff_t head) {
  const ctk_step *step = bound->step;
  bind(bound, areas, first, head);
  bound->sum = (weighted_sum){bound->operands, step->adds_heads && head > 0};
  bound->moving_count = 0;
  bound->is_regular = true;
  for (int32_t i = 0; i < step->place_count; i++) {
    const ctk_place *place = &step->places[i];
    const ctk_area *area = &areas[place->area];
    if (area->is_matrix) continue;
    if (area->rows || area->other_base) bound->is_regular = false;
    if (area->time_stride == 0) continue;
    const ptrdiff_t offset =
        place->offset + first->row * area->row_stride + head * step->head_strides[i];
    bound->moving[bound->moving_count++] = (moving_operand){
        area->base + offset, area->time_stride, area->shifts[place->slot], area->step_mask, i};
  }
  prefetch_times(bound, areas, first, times, stride);
}

static void move_to(head_step *bound, const ctk_area *areas, const ctk_step_block *block,
                    ptrdiff_t head) {
  if (!bound->is_regular) {
    bind(bound, areas, block, head);
    return;
  }
  for (int32_t i = 0; i < bound->moving_count; i++) {
    const moving_operand *moving = &bound->moving[i];
    const ptrdiff_t step = (block->step + moving->shift) & moving->step_mask;
    bound->operands[moving->operand].base = bound->bases[moving->operand] =
        moving->base + step * moving->time_stride;
  }
}

static ptrdiff_t rows_of(const ctk_step *step) { return step->tiles > 0 ? step->rows : 1; }

static void make_program(head_run *run, head_step *bound) {
  const ctk_step *step = bound->step;
  for (int32_t i = 0; i < step->place_count; i++) {
    ctk_operand *operand = &bound->operands[i];
    operand->row_stride = step->tiles > 0 ? step->strides[i].row : 0;
    operand->column_stride = step->tiles > 0 ? step->strides[i].column
                                             : !(step->places[i].columns == 1 && step->width > 1);
  }
  const operand_use use =
      ctk_operand_use(step->program, bound->operands, rows_of(step), step->width);
  if (rows_of(step) * step->width >= CTK_SMALLEST_MATRIX && run->call_count < MOST_CALLS) {
    matrix_call *call = &run->calls[run->call_count];
    if (ctk_matrix_call_make(call, run->kernels, step->program, &use, bound->operands,
                             step->rows, step->width)) {
      call->operands = bound->operands;
      call->scratch = run->scratch;
      bound->call = call;
      run->call_count++;
      return;
    }
  }
  if (run->prepared_count == MOST_PREPARED) return;
  bound->prepared = &run->prepared[run->prepared_count++];
  ctk_prepare(bound->prepared, run->kernels, step->program, bound->operands, &use,
                      rows_of(step), step->width);
}

// A sum of a matrix along its rows, or over them, that can go block by block.
static bool is_sum(const ctk_step *step) {
  return step->kind == CTK_STEP_ROW_PRODUCTS || step->kind == CTK_STEP_WEIGHTED_ROWS ||
         (step->kind == CTK_STEP_SUM_ALONG && step->width == 1);
}

static bool is_same(const ctk_place *a, const ctk_place *b) {
  return a->area == b->area && a->slot == b->slot && a->offset == b->offset && a->columns == b->columns;
}

// The update that computes the matrix of a sum over rows, if it is the last to write it; else null.
static pass *update_of(const head_step *program, const head_step *sum) {
  const ctk_step *step = program->step;
  pass *found = NULL;
  for (int32_t i = 0; program->call && i < program->call->pass_count; i++) {
    pass *pass = &program->call->passes[i];
    if (pass->destination < step->place_count &&
        is_same(&step->places[pass->destination], &sum->step->places[0]))
      found = pass->function ? NULL : pass;
  }
  return found;
}

// In a group, an update takes a sum over its rows along: it has them in registers.
static void take_sums(head_step *group, int32_t count) {
  for (int32_t j = 1; j < count; j++) {
    if (group[j].step->kind != CTK_STEP_WEIGHTED_ROWS) continue;
    for (int32_t i = 0; i < j && !group[j].is_taken; i++) {
      pass *update = update_of(&group[i], &group[j]);
      if (!update || update->sum) continue;
      update->sum = &group[j].sum;
      group[j].is_taken = true;
    }
  }
}

// Resolves the steps for addresses like those of a first time.
static void make(head_run *run, const ctk_step *steps, int32_t count, const ctk_area *areas,
                 const ctk_step_block *first) {
  run->kernels = ctk_kernels_active();
  run->prepared_count = run->call_count = 0;
  run->moves_temporaries = true;
  for (int32_t i = 0; i < count; i++) {
    head_step *bound = &run->steps[i];
    bound->step = &steps[i];
    bound->call = NULL;
    bound->prepared = NULL;
    bound->is_taken = false;
    bound->together = steps[i].together > 1 && i + steps[i].together <= count ? steps[i].together : 1;
    bind(bound, areas, first, 0);
    if (steps[i].kind == CTK_STEP_PROGRAM) make_program(run, bound);
  }
  for (int32_t i = 0; i < count; i++)
    for (int32_t j = i; run->steps[i].together > 1 && j < i + run->steps[i].together; j++)
      if (!run->steps[j].call && !is_sum(run->steps[j].step)) {
        run->steps[i].together = 1;
        run->moves_temporaries = false;
      }
  for (int32_t i = 0; i < count; i += run->steps[i].together)
    take_sums(&run->steps[i], run->steps[i].together);
}

static void run_sum(const ctk_kernels *kernels, const head_step *bound, ptrdiff_t width, ptrdiff_t row,
                    ptrdiff_t rows) {
  const ctk_step *step = bound->step;
  const float *matrix = bound->operands[0].base + row * width;
  float *other = bound->operands[1].base, *y = bound->operands[2].base;
  if (step->kind == CTK_STEP_SUM_ALONG)
    kernels->row_sum(matrix, width, rows, width, other + row, 1);
  else if (step->kind == CTK_STEP_WEIGHTED_ROWS)
    kernels->weighted_rows(other + row, matrix, width, rows, width, row > 0 || bound->sum.adds, y);
  else if (step->flag)
    kernels->row_products(matrix, width, other + row * width, width, rows, width, y + row);
  else
    kernels->row_products(matrix, width, other, 0, rows, width, y + row);
}

// Of matrices that only the steps of a group use, every block of rows takes the first rows' memory.
static void move_temporaries(head_step *bound, ptrdiff_t width, ptrdiff_t row) {
  for (uint64_t left = bound->step->temporaries; left; left &= left - 1) {
    const int i = __builtin_ctzll(left);
    bound->operands[i].base = bound->bases[i] - row * width;
  }
}

static void run_group(head_run *run, head_step *group, int32_t count) {
  const ctk_step *shape = group->step;
  const bool is_sum_along = shape->kind == CTK_STEP_SUM_ALONG;
  const ptrdiff_t rows = is_sum_along ? shape->places[1].columns : rows_of(shape);
  const ptrdiff_t width = is_sum_along ? shape->places[0].columns / rows : shape->width;
  ptrdiff_t block_rows = rows;
  if (count > 1) {
    block_rows = (BLOCK + width - 1) / width;
    if (block_rows < LEAST_ROWS) block_rows = LEAST_ROWS;
  }
  for (int32_t i = 0; i < count; i++)
    if (group[i].call && group[i].call->block_rows < block_rows)
      block_rows = group[i].call->block_rows;
  for (ptrdiff_t row = 0; row < rows; row += block_rows) {
    const ptrdiff_t block = row + block_rows < rows ? block_rows : rows - row;
    for (int32_t i = 0; i < count; i++) {
      if (count > 1 && run->moves_temporaries) move_temporaries(&group[i], width, row);
      if (group[i].call) ctk_matrix_call_run(group[i].call, row, block);
      else if (!group[i].is_taken) run_sum(run->kernels, &group[i], width, row, block);
    }
  }
}

// One step, or a group that starts with it.
static void run_step(head_run *run, head_step *bound) {
  const ctk_step *step = bound->step;
  if (bound->call || is_sum(step)) {
    run_group(run, bound, bound->together);
  } else if (step->kind == CTK_STEP_SUM_ALONG) {
    const ptrdiff_t from = step->places[0].columns, to = step->places[1].columns;
    ctk_sum_along(run->kernels, bound->operands[0].base, to / step->width, from / to, step->width,
                  bound->operands[1].base);
  } else if (bound->prepared) {
    ctk_program_run_prepared(bound->prepared, bound->operands);
  } else {
    const ctk_tiling once = {.samples = 1, .tiles = 1};
    ctk_program_run_tiles(run->kernels, step->program, bound->operands, &once, rows_of(step),
                          step->width);
  }
}

head_run *ctk_head_run_make(const ctk_step *steps, int32_t count, const ctk_area *areas,
                            const ctk_step_block *first, ptrdiff_t times, ptrdiff_t stride, ptrdiff_t head) {
  head_run *run = run_of_thread();
  make(run, steps, count, areas, first);
  for (int32_t i = 0; i < count; i++) bind_head(&run->steps[i], areas, first, times, stride, head);
  return run;
}

void ctk_head_run_step(head_run *run, int32_t index, const ctk_area *areas,
                       const ctk_step_block *block, ptrdiff_t head) {
  move_to(&run->steps[index], areas, block, head);
  run_step(run, &run->steps[index]);
}

void ctk_steps_run_heads(const ctk_step *steps, ptrdiff_t count, const ctk_area *areas,
                         const ctk_step_block *first, ptrdiff_t times, ptrdiff_t stride,
                         ptrdiff_t head, ptrdiff_t end) {
  if (count > CTK_MOST_OF_HEADS || times == 0) return;
  head_run *run = run_of_thread();
  make(run, steps, (int32_t)count, areas, first);
  for (; head < end; head++) {
    ctk_step_block block = *first;
    for (ptrdiff_t j = 0; j < count; j++)
      bind_head(&run->steps[j], areas, first, times, stride, head);
    for (ptrdiff_t i = 0; i < times; i++, block.step += stride) {
      for (ptrdiff_t j = 0; j < count; j++) move_to(&run->steps[j], areas, &block, head);
      for (ptrdiff_t j = 0; j < count; j += run->steps[j].together) run_step(run, &run->steps[j]);
    }
  }
}
