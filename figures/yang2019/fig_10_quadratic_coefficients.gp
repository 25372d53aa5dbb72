# $w_{B-1,l}-v_{B-1,l}$ over the batch size $B$ for $l=2,3,4,5,10,100$, as in figure 10 of the paper, whose axes the text doesn't give. The size is on a
# logarithmic scale (open circles: negative). Below: relative to $v_{B-1,l}$; from $B=9$ on all are positive.
@upper
set title "w_l − v_l"
set ylabel "log₁₀ |w_l − v_l|"
set xrange [3:*]
@two_rows
names = "2 3 4 5 10 100"
@tight
plot for [i=1:words(names)] table using "B":(pick(word(names, i), column("sign") > 0 ? column("log10") : NaN)) with lines linetype i title "l = ".word(names, i), \
     for [i=1:words(names)] table using "B":(pick(word(names, i), column("sign") < 0 ? column("log10") : NaN)) with points linetype i pointtype 6
@lower
set xlabel "batch size B"
set ylabel "w_l / v_l − 1"
plot 0 with lines linestyle 8, \
     for [i=1:words(names)] table using "B":(pick(word(names, i), column("over_v"))) with lines linetype i
