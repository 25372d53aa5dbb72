# The nine numbers $W_{ij|kl}$ that make up the forward operator, against the batch size: over four angles, as printed (discs), and over rings with
# conditional moments of the third and fourth coordinate (lines).
set title "Entries of the forward operator, ".setting("phi")
set xlabel "batch size B"
set ylabel "W"
set logscale x
set xrange [5.5:110]
names = "11|11 22|11 12|11 23|11 11|12 33|12 12|12 13|12 34|12"
set key maxcols 5
@two_rows
plot for [i=1:4] table using "B":(pick(word(names, i), column("rings"))) with lines linecolor rgb hue(i) title word(names, i), \
     for [i=5:9] "" using "B":(pick(word(names, i), column("rings"))) with lines linecolor rgb hue(i) dashtype 2 title word(names, i), \
     for [i=1:9] "" using "B":(pick(word(names, i), column("angles"))) with points linestyle 2
