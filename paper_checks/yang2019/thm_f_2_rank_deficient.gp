# Factor by which the gap between the largest and the least non-zero eigenvalue shrinks, step by step, from random covariances of rank $C$; dashed, the limit $1-\frac2{C+2}$. From a start of
# full rank but next to a lower one (grey) the gap hardly moves until the small eigenvalue has grown.
A = setting("A") + 0
set title "Normalised Gaussians of dimension ".A
set xlabel "step l"
set ylabel "ratio of successive gaps"
set xrange [0:40]
set yrange [0:1]
@two_rows
ranks = system("grep -o '^C = [0-9]*' '".table."' | sort -u -V | cut -c5- | grep -v '^1$' | tr '\\n' ' '")
plot for [i=1:words(ranks)] table using (pick("C = ".word(ranks, i), column("step"))):"ratio" with linespoints linecolor rgb hue(i) pointtype 7 pointsize 0.4 linewidth 1.5 title "C = ".word(ranks, i), \
     for [i=1:words(ranks)] 1 - 2. / (word(ranks, i) + 2) with lines linestyle 8, \
     table using (pick("C = ".A.", near", column("step"))):"ratio" with lines linecolor rgb grey linewidth 2 title "next to rank ".(A - 1)
