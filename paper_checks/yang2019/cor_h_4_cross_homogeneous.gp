# $\sqrt{c^*}$ over its limit of infinite batches, against the batch size: it is there at once for $\alpha=2$, comes from below for larger and from above for smaller degrees.
set title "Fixed point between batches"
set xlabel "batch size B"
set ylabel "√c* / its limit"
set logscale x
set xrange [3:10000]
set format x "10^{%L}"
pretty(name) = (caret = strstrt(name, "^"), caret ? name[1:caret]."{".name[caret + 1:*]."}" : name)
names = setting("phi")." ".without("relu relu^2 relu^0.5 x^4", setting("phi"))
plot for [i=1:words(names)] table using (pick(word(names, i), column("B"))):(column("root") / column("limit")) with linespoints linecolor rgb hue(i) linewidth 2 pointtype 7 pointsize 0.5 title pretty(word(names, i))
