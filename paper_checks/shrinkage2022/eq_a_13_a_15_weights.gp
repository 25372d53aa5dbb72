# The weight $w_1$ of (A.15) against $t_1$, one curve for each $t_2$. The curves crowd together where both reach $1/2$, and have no common limit
# there.
set title "Weights of the two points"
set xlabel "t_1"
set ylabel "w_1"
set xrange [0:0.5]
set yrange [0:1]
set tmargin 2.2
set title offset 0,-0.5
set rmargin 20
set key at graph 1.05, graph 0.5 left center vertical
set datafile missing NaN
t2 = "0.001 0.01 0.1 0.2 0.3 0.4 0.45 0.499"
plot for [i=1:words(t2)] table using "t_1":(abs(column("t_2") - word(t2, i)) < 1e-9 ? column("w_1") : NaN) smooth unique \
         with linespoints linecolor rgb hue(i) linewidth 1.5 pointtype 7 pointsize 0.4 title "t_2 = ".word(t2, i)
