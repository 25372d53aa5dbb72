# The nine numbers $F\{\tau_{ij}\}_{kl}$ that make up the backward operator, against the batch size: over four angles, as printed (discs), and over
# rings with conditional moments of the third and fourth coordinate (lines). They fall like 1, $1/B$, $1/B^2$.
set title "Entries of the backward operator, ".setting("phi")
set xlabel "batch size B"
set ylabel "magnitude of the entry"
set logscale xy
set format y "10^{%L}"
set xrange [5.5:110]
names = "11|11 22|11 12|11 23|11 11|12 33|12 12|12 13|12 34|12"
set key maxcols 5
@two_rows
plot for [i=1:4] table using "B":(pick(word(names, i), abs(column("rings")))) with lines linecolor rgb hue(i) title word(names, i), \
     for [i=5:9] "" using "B":(pick(word(names, i), abs(column("rings")))) with lines linecolor rgb hue(i) dashtype 2 title word(names, i), \
     for [i=1:9] "" using "B":(pick(word(names, i), abs(column("angles")))) with points linestyle 2
