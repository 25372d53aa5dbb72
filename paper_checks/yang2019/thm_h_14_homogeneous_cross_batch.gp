# The factor by which one layer shrinks what two batches share, against the batch size, for five homogeneous activations: the closed form (lines) and integrals over the
# sphere (points).
@two_rows
set title "Covariances between batches"
set xlabel "batch size B"
set ylabel "λ_{M̃}"
set logscale x
set xrange [3.6:12000]
set yrange [0.35:1.05]
names = "relu lrelu:0.2 id relu^2 x^3"
of(i, value) = strcol(1) eq word(names, i) ? value : NaN
plot 1 with lines linestyle 8, \
     for [i=1:5] table using "B":(of(i, column("printed"))) with lines linecolor rgb word(black." ".blue." ".green." ".purple." ".orange, i) linewidth 2 title word(names, i) noenhanced, \
     for [i=1:5] "" using "B":(of(i, column("sphere"))) with points linestyle 2 title (i == 1 ? "sphere" : "")
