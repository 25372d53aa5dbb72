# Covariance after one layer between a sample of one batch of four and the same (lines) or another (dashed) sample of a second batch, whose inputs have correlation $c$ with the first's. At
# $c=1$ the batches are equal, at $c=0$ independent.
set title "Two batches with Ξ = cΣ, B = 4"
set xlabel "correlation c between the batches"
set ylabel "entry of the block between them"
set xrange [-1:1]
@two_rows
pretty(name) = (caret = strstrt(name, "^"), caret ? name[1:caret]."{".name[caret + 1:*]."}" : name)
names = setting("phi")." ".without("relu id abs", setting("phi"))
plot for [i=1:words(names)] table using (pick(word(names, i), column("c"))):"own" with lines linecolor rgb hue(i) linewidth 2 title pretty(word(names, i)), \
     for [i=1:words(names)] "" using (pick(word(names, i), column("c"))):"cross" with lines linecolor rgb hue(i) linewidth 1.5 dashtype 2
