# How far the correlation of two signals has moved after a fraction $t$ of the blocks when each branch has variance $c/L$, from five initial
# correlations: the limit (black), 1000 blocks (blue) and 20 (red). Below, the chains less the limit.
set title setting("phi")." blocks, branch variance ".number("c")."/L"
set ylabel "ρ(t) − ρ_0"
set xrange [0:1]
stats table using (column("blocks_20") - column("limit")) nooutput
gap = steps(STATS_max - STATS_min)
moved(x) = (first(1) == 1 ? start = column(x) : 0, column(x) - start)
@upper
plot table using "t":(moved("limit")) with lines linestyle 1 title "limit", \
     "" using "t":(moved("blocks_1000")) with points pointtype 6 pointsize 0.9 linecolor rgb blue title "L = 1000", \
     "" using "t":(moved("blocks_20")) with points pointtype 7 pointsize 0.5 linecolor rgb vermilion title "L = 20"
@lower
set ytics gap
set xlabel "fraction of the blocks t"
set ylabel "chain − limit"
plot table using "t":(column("blocks_1000") - column("limit")) with points pointtype 6 pointsize 0.6 linecolor rgb blue, \
     "" using "t":(column("blocks_20") - column("limit")) with points pointtype 7 pointsize 0.5 linecolor rgb vermilion
