# Property 7 for four activations, as the crop $[r,1]$ shrinks: excess convexity over the first lower bound (solid) and over the second, weaker one
# (dashed). Neither falls below 1 (blue).
set title "Excess convexity of C[f|·] cropped to [r, 1]"
set xlabel "1 − r"
set ylabel "e / bound"
set logscale xy
set format xy "10^{%L}"
names = "relu erf gelu h5"
ratio(name, bound) = pick(name, column("e") / column(bound))
plot for [i=1:4] table using "gap":(ratio(word(names, i), "first")) with lines linecolor rgb hue(i > 2 ? i + 1 : i) linewidth 2 title word(names, i), \
     for [i=1:4] "" using "gap":(ratio(word(names, i), "second")) with lines linecolor rgb hue(i > 2 ? i + 1 : i) linewidth 2 dashtype 2, \
     1 with lines linestyle 3 title "bound"
