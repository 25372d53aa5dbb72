# The covariance $c^*$ between batches of $B$ for homogeneous activations: theorem H.6 (lines) and the double integral (56), which factors for independent batches (points).
set title "Fixed point between batches, homogeneous activations"
set xlabel "batch size B"
set ylabel "c*"
set logscale x
set xrange [3:10000]
set format x "10^{%L}"
@two_rows
pretty(name) = (caret = strstrt(name, "^"), caret ? name[1:caret]."{".name[caret + 1:*]."}" : name)
names = setting("phi")." ".without("relu lrelu:0.3 abs relu^2 relu^0.5", setting("phi"))
plot for [i=1:words(names)] table using (pick(word(names, i), column("B"))):"c" with lines linecolor rgb hue(i == 2 ? 8 : i) linewidth 2 title pretty(word(names, i)), \
     for [i=1:words(names)] "" using (pick(word(names, i), column("B"))):"integral" with points linestyle 2 title (i == 1 ? "integral" : "")
