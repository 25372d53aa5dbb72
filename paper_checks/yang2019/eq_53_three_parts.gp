# The backward operator's eigenvalue on $\mathbb RG$ (above) and on $\mathbb M$ (below) as a sum of three parts, against the batch size: $A$ (blue), $B$ (green) and
# $-C$ (orange) add up to the whole (black).
set title sprintf("Three parts of the backward operator, %s", setting("phi")) noenhanced
@upper
set logscale x
set xrange [3.6:110]
set ylabel "on RG"
plot 0 with lines linestyle 8, \
     table using "B":"G_direct" with lines linestyle 3 title "A", "" using "B":"G_outer" with lines linestyle 4 title "B", \
     "" using "B":(-column("G_mixed")) with lines linestyle 5 title "−C", "" using "B":"G_whole" with lines linestyle 1 title "whole", \
     "" using "B":(column("G_direct") + column("G_outer") - column("G_mixed")) with points linestyle 2 title "sum"
@lower
set xlabel "batch size B"
set ylabel "on M"
plot 0 with lines linestyle 8, \
     table using "B":"M_direct" with lines linestyle 3, "" using "B":"M_outer" with lines linestyle 4, \
     "" using "B":(-column("M_mixed")) with lines linestyle 5, "" using "B":"M_whole" with lines linestyle 1, \
     "" using "B":(column("M_direct") + column("M_outer") - column("M_mixed")) with points linestyle 2
unset multiplot
