# The left side (95) over the right side (98) of the identity, on maps of random positive numbers (points), and the ratio of the numbers of pairs of windows and of sites (lines). They are 1 only where the map wraps around and the stride is 1; a
# border of zeros lies between.
set title sprintf("Pairs of sites that %s × %s taps see", setting("kernel"), setting("kernel"))
set xlabel "side of the map"
set ylabel "left side / right side"
set xrange [*:*] noextend
set offsets 0.3, 0.3, 0, 0
set yrange [0:1.1]
@two_rows
borders = "wraps inside zeros"
series(i) = word(borders, 1 + i % 3).sprintf(", stride %d", 1 + i / 3)
last = 3 * setting("stride") - 1
plot for [i=0:last] table using "side":(pick(series(i), column("pairs"))) with lines linetype 1 + i linewidth 1, \
     for [i=0:last] "" using "side":(pick(series(i), column("windows") / column("sites"))) with points linetype 1 + i pointtype 7 pointsize 0.8 title series(i)
