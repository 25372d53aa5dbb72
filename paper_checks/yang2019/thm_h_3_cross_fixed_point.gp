# The covariance $c^*=a_0^2$ between samples of different batches after any number of layers, against the batch size.
set title "Covariance between batches"
set xlabel "batch size B"
set ylabel "c*"
set logscale x
set xrange [4:1000]
pretty(name) = (caret = strstrt(name, "^"), caret ? name[1:caret]."{".name[caret + 1:*]."}" : name)
names = setting("phi")." ".without("tanh sigmoid gelu relu bump", setting("phi"))
plot for [i=1:words(names)] table using (pick(word(names, i), column("B"))):"c" with linespoints linecolor rgb hue(i) linewidth 2 pointtype 7 pointsize 0.5 title pretty(word(names, i))
