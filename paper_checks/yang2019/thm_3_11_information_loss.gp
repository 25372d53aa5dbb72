# What one layer leaves of the covariance between two batches, against the batch size: the formula (lines), means over the sphere (points), samples of correlated
# batches (error bars, one standard error). The identity (grey) keeps most; a search over all polynomials up to degree six finds nothing above it (green squares).
set title "Two batches forget each other"
set xlabel "batch size B"
set ylabel "λ between batches"
set logscale x
set xrange [3.5:1200]
set yrange [-0.02:1.02]
@two_rows
names = "relu tanh gelu exp sigmoid x^3 abs"
plot table using (pick("id", column("B"))):"identity" with lines linestyle 8 linewidth 2 title "identity", \
     for [i=1:words(names)] table using "B":(pick(word(names, i), valid(column("sampled")) ? NaN : column("series"))) with lines linetype i title word(names, i) noenhanced, \
     for [i=1:words(names)] table using "B":(pick(word(names, i), column("rate"))) with points linetype i, \
     table using "B":"sampled":"sampled_err" with yerrorbars linestyle 2, \
     table using "B":(pick("search", column("rate"))) with points linestyle 4 pointtype 4 pointsize 1
