# The factor that multiplies the covariance between two batches, against the batch size: theorem H.8 (lines: first form, points: second form), and differences of the two-batch
# map by Laplace's method (open squares). Even activations have 0.
set title "What one layer leaves between two batches"
set xlabel "batch size B"
set ylabel "W"
set logscale x
set xrange [3.5:1200]
set yrange [-0.02:1.02]
@two_rows
names = "id relu abs relu^2 gelu tanh x^3"
plot 1 with lines linestyle 8, \
     for [i=1:words(names)] table using "B":(pick(word(names, i), column("first"))) with lines linetype i title word(names, i) noenhanced, \
     for [i=1:words(names)] table using "B":(pick(word(names, i), column("second"))) with points linetype i, \
     table using "B":"differences" with points linestyle 4 pointtype 4 pointsize 1.2
