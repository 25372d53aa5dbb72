# The matrix $\mathbf e$ of (33): discs of the size of its entries, positive (blue) and negative (red). The first row has one entry, the second
# two: so the first coordinates of $\mathbf ev$ depend on the first angles alone.
set title "An orthonormal basis of the batch's deviations, B = ".(setting("B") > 16 ? 16 : number("B"))
set xlabel "column"
set ylabel "row"
set xrange [0.4:*]
set yrange [0.4:*] reverse
set offsets 0, 0.6, 0.6, 0
set size ratio -1
unset grid
stats table using "row" nooutput
big(x) = 26.0 / STATS_max * sqrt(abs(x))
plot table using "column":(column("entry") > 0 ? column("row") : NaN):(big(column("entry"))) with points pointtype 7 pointsize variable linecolor rgb blue title "positive", \
     "" using "column":(column("entry") < 0 ? column("row") : NaN):(big(column("entry"))) with points pointtype 7 pointsize variable linecolor rgb vermilion title "negative"
