# Dimensions of the spaces of symmetric matrices whose rows sum to zero against the batch size: as claimed (lines), and the ranks of sets that span them
# (points).
set title "Three spaces of centred symmetric matrices"
set xlabel "batch size B"
set ylabel "dimension"
@two_rows
set xrange [3.7:12.3]
set yrange [0:70]
plot x * (x - 1) / 2 with lines linestyle 1 title "all, B(B−1)/2", x * (x - 3) / 2 with lines linestyle 3 title "M, B(B−3)/2", \
     x - 1 with lines linestyle 4 title "L, B−1", 1 with lines linestyle 8 title "G, 1", \
     table using "B":"rank_sum" with points linestyle 2 pointsize 0.8 title "rank", "" using "B":"rank_M" with points linestyle 2 pointsize 0.8, \
     "" using "B":"rank_L" with points linestyle 2 pointsize 0.8
